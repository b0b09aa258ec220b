import { ActionIcon } from "@mantine/core";
import { useContext } from "react";
import { Icon } from "./icons";
import { LoginOf } from "./login";

/** The way out, for those who had to log in. */
export function LogOut() {
  const login = useContext(LoginOf);
  if (login === null) return null;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={28}
      aria-label={`Log out, ${login.who}`}
      title={`Log out (the key of ${login.who})`}
      onClick={login.logOut}
    >
      <Icon name="out" size={16} />
    </ActionIcon>
  );
}
