import { Button, Menu } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { useMemo } from "react";
import { Link, useLocation } from "wouter";
import type { ExecutionTree, Findings, UsualExecution } from "../../api/views.gen";
import { asMarkdown } from "../../lib/markdown";
import type { Share } from "../../lib/shares";
import { Icon } from "../../ui/icons";
import { useKeys } from "../../ui/useKeys";
import { ReplayMenu } from "./ReplayMenu";

interface Props {
  readonly tree: ExecutionTree;
  readonly shares: readonly Share[];
  readonly usual: UsualExecution | undefined;
  readonly findings: Findings | undefined;
}

/** What can be done with an execution: hold it against the usual one, replay it, copy it, export it. */
export function Actions({ tree, shares, usual, findings }: Props) {
  const { execution_id } = tree.execution;
  const { copy, copied, error } = useClipboard({ timeout: 1_500 });
  const copyMarkdown = () =>
    copy(asMarkdown({ tree, shares, usual, findings, address: window.location.href }));
  const [, navigate] = useLocation();
  const other = usual?.example_execution_id;
  const compare = other ? `/compare?a=${other}&b=${execution_id}` : null;
  const keys = useMemo(
    () => ({
      c: () => compare && navigate(compare),
      m: () => copy(asMarkdown({ tree, shares, usual, findings, address: window.location.href })),
    }),
    [copy, navigate, compare, tree, shares, usual, findings],
  );
  useKeys(keys);
  return (
    <span className="actions">
      {compare && (
        <Button
          component={Link}
          href={compare}
          variant="default"
          leftSection={<Icon name="columns" size={13} />}
        >
          Compare with the usual
        </Button>
      )}
      <ReplayMenu executionId={execution_id} />
      <Button
        variant="default"
        leftSection={<Icon name={copied ? "check" : "copy"} size={13} />}
        onClick={copyMarkdown}
      >
        {error ? "The browser refuses to copy" : copied ? "Copied" : "Copy as Markdown"}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<Icon name="download" size={13} />}>
            Export
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            component="a"
            href={`/api/executions/${encodeURIComponent(execution_id)}`}
            download={`${execution_id}.json`}
          >
            JSON, the whole tree
          </Menu.Item>
          {["perfetto", "speedscope"].map((format) => (
            <Menu.Item
              key={format}
              component="a"
              href={`/api/executions/${encodeURIComponent(execution_id)}/export?format=${format}`}
              download
            >
              For {format === "perfetto" ? "Perfetto" : "speedscope"}
            </Menu.Item>
          ))}
          <Menu.Item onClick={() => savePicture(`${execution_id}.png`)}>
            PNG, the waterfall as shown
          </Menu.Item>
          <Menu.Item
            onClick={() =>
              saveText(
                `${execution_id}.md`,
                asMarkdown({ tree, shares, usual, findings, address: window.location.href }),
              )
            }
          >
            Markdown
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}

function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

const saveText = (name: string, text: string) => save(name, new Blob([text], { type: "text/markdown" }));

function savePicture(name: string): void {
  const canvas = document.querySelector<HTMLCanvasElement>(".wf canvas");
  canvas?.toBlob((picture) => picture && save(name, picture), "image/png");
}
