import { ActionIcon, useMantineColorScheme } from "@mantine/core";
import { Icon } from "./icons";
import { useScheme } from "./useTokens";

export function ThemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useScheme();
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={28}
      aria-label={`Use the ${other} theme`}
      title={`${other} theme (.)`}
      onClick={() => setColorScheme(other)}
    >
      <Icon name={scheme === "dark" ? "sun" : "moon"} size={16} />
    </ActionIcon>
  );
}
