import { Button, Menu } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { replaysQuery } from "../../api/queries";
import { questionOfOneQuery } from "../../api/questions";
import type { Replayable } from "../../api/views.gen";
import { clockTime, duration } from "../../lib/format";
import { reasonOf } from "../../lib/problem";
import { Icon } from "../../ui/icons";

const pair = (a: string, b: string) => `/compare?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`;

/** Whether the execution can be run again from what was recorded, the command that does it, and what came of it. */
export function ReplayMenu({ executionId }: { readonly executionId: string }) {
  const [isOpen, setOpen] = useState(false);
  const told = useQuery({ ...questionOfOneQuery<Replayable>("replay", executionId), enabled: isOpen });
  const replays = useQuery({ ...replaysQuery(executionId), enabled: isOpen });
  const { copy, copied } = useClipboard({ timeout: 1_500 });
  const command = told.data?.command;
  return (
    <Menu position="bottom-end" width={460} opened={isOpen} onChange={setOpen} closeOnItemClick={false}>
      <Menu.Target>
        <Button variant="default" leftSection={<Icon name="play" size={12} />}>
          Replay
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {told.error ? reasonOf(told.error) : (told.data?.message ?? "Looking at what was recorded of it")}
        </Menu.Label>
        {command && (
          <Menu.Item
            leftSection={<Icon name={copied ? "check" : "copy"} size={12} />}
            onClick={() => copy(command)}
          >
            <code className="mono t11">{command}</code>
          </Menu.Item>
        )}
        {told.data?.replay_of && (
          <Menu.Item component={Link} href={pair(told.data.replay_of, executionId)}>
            Compare with the execution that it replays
          </Menu.Item>
        )}
        {replays.data?.items.map((replay) => (
          <Menu.Item key={replay.execution_id} component={Link} href={pair(executionId, replay.execution_id)}>
            Compare with its replay of {clockTime(replay.started_at, Date.now())},{" "}
            {duration(replay.duration_ns)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
