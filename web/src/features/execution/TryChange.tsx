import { Button, Menu } from "@mantine/core";
import { useLocation, useSearch } from "wouter";
import { type Deed, readWishes, withWishes } from "../../lib/whatIf";

interface Props {
  readonly stepId: string;
  readonly name: string;
}

/** What if this step were faster, cached, gone, or ran beside others: adds to the simulation and opens it. */
export function TryChange({ stepId, name }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const wishes = readWishes(search);
  const add = (deed: Deed, text: string) => navigate(path + withWishes(search, [...wishes, { deed, text }]));
  const isListed = name.includes(",");
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="default" size="xs" style={{ alignSelf: "flex-start" }}>
          What if …
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => add("faster", `${stepId}=2x`)}>it were twice as fast</Menu.Item>
        <Menu.Item onClick={() => add("faster", `${name}=2x`)}>all of its name were twice as fast</Menu.Item>
        <Menu.Item onClick={() => add("cache", name)}>repeated calls of it were cached</Menu.Item>
        {!isListed && (
          <Menu.Item onClick={() => add("parallel", name)}>all of its name ran at once</Menu.Item>
        )}
        <Menu.Item onClick={() => add("remove", stepId)}>it were gone</Menu.Item>
        <Menu.Item onClick={() => add("remove", name)}>all of its name were gone</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
