import { ActionIcon } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { Icon } from "./icons";

/** Copies the address of what is on screen: filters, selection, zoom and tab are in it. */
export function ShareLink() {
  const { copy, copied, error } = useClipboard({ timeout: 1_500 });
  const label = error
    ? "The browser does not let this page copy; take the address from its address bar"
    : copied
      ? "The link is copied"
      : "Copy a link to what you see";
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      title={label}
      aria-label={label}
      onClick={() => copy(window.location.href)}
    >
      <Icon name={error ? "warn" : copied ? "check" : "share"} />
    </ActionIcon>
  );
}
