import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { memo, type ReactNode, useMemo } from "react";
import { stepQuery } from "../../api/queries";
import type { EventNode, StepDetail, UsualExecution, UsualStep } from "../../api/views.gen";
import { Swatch } from "../../charts/Patterns";
import { UsualSpread } from "../../charts/UsualSpread";
import { cost, count, duration, fullTime } from "../../lib/format";
import { reasonOf } from "../../lib/problem";
import { alike, type Tree, type TreeNode } from "../../lib/tree";
import { rankOf } from "../../lib/usual";
import { Icon } from "../../ui/icons";
import { Json } from "../../ui/Json";
import { Failed, Waiting } from "../../ui/States";
import { Status, statusWord } from "../../ui/Status";
import { CodePlace } from "./CodePlace";
import { TryChange } from "./TryChange";

interface Props {
  readonly executionId: string;
  readonly tree: Tree;
  readonly position: number;
  /** Moments in which it stood still because another step held the event loop. */
  readonly blocked: readonly EventNode[];
  /** Of an execution, the models that it called. */
  readonly models: readonly string[] | null;
  /** Whether the page shows a part of a larger tree: its critical path is that of the whole. */
  readonly isBelow: boolean;
  readonly now: number | null;
  readonly usual: UsualExecution | undefined;
  readonly onSelect: (position: number) => void;
}

/** One step in full; its bodies are asked for only when it is chosen. */
export const StepDetails = memo(function StepDetails(props: Props) {
  const { executionId, tree, position, blocked, models, isBelow, now, usual, onSelect } = props;
  const node = tree.nodes[position] as TreeNode;
  const stands = node.type === "repeats" ? tree.nodes[position + 1] : node;
  const isStored = node.type !== "skipped" && stands !== undefined;
  const query = useQuery({
    ...stepQuery(executionId, stands?.id ?? "", node.duration === null),
    enabled: isStored,
  });
  return (
    <aside className="details" aria-label="Details">
      <Head node={node} tree={tree} position={position} now={now} onSelect={onSelect} />
      {node.type === "repeats" && (
        <div className="note">
          {count(node.repeats)} steps of this name follow each other. Shown below is the first of them.
        </div>
      )}
      {blocked.length > 0 && <StoodStill blocked={blocked} />}
      {node.type === "skipped" ? (
        <div className="note">
          It was considered here and did not fire. Score and reason are under “Did not fire”.
        </div>
      ) : query.data ? (
        <Body
          detail={query.data}
          models={models}
          isBelow={isBelow}
          now={now}
          usual={node.type === "execution" || node.type === "step" ? usualOf(usual, node) : undefined}
          canChange={node.type === "step" || (node.type === "execution" && position > 0)}
        />
      ) : query.error ? (
        <Failed
          what="The step could not be loaded"
          why={reasonOf(query.error)}
          onRetry={() => query.refetch()}
        />
      ) : (
        <Waiting heights={[90, 120, 120]} />
      )}
    </aside>
  );
});

const MOST_BLOCKS = 5;

/** How long the step stood still, and who held the event loop meanwhile. */
function StoodStill({ blocked }: Pick<Props, "blocked">) {
  const whole = blocked.reduce((sum, event) => sum + (event.duration_ns ?? 0), 0);
  return (
    <div className="note bad still">
      <b>
        <Swatch kind="blocked" /> Stood still {duration(whole)}
      </b>
      {blocked.slice(0, MOST_BLOCKS).map((event) => (
        <div key={`${event.offset_ns}-${event.message}`}>
          {duration(event.duration_ns)} after {duration(event.offset_ns)}: {event.message ?? "another step"}{" "}
          held the event loop
        </div>
      ))}
      {blocked.length > MOST_BLOCKS && <div className="m">{count(blocked.length - MOST_BLOCKS)} more</div>}
    </div>
  );
}

type HeadProps = Pick<Props, "tree" | "position" | "now" | "onSelect"> & { readonly node: TreeNode };

function Head({ node, tree, position, now, onSelect }: HeadProps) {
  const all = useMemo(() => alike(tree, position), [tree, position]);
  const at = all.indexOf(position);
  const go = (by: number) => onSelect(all[at + by] ?? position);
  return (
    <div>
      <div style={{ display: "flex", gap: 6, alignItems: "flex-start" }}>
        <b className="title">{node.repeats > 0 ? `${node.name} ×${node.repeats}` : node.name}</b>
        <span className="sp" />
        {all.length > 1 && (
          <span className="alike">
            <ActionIcon
              variant="subtle"
              color="gray"
              size={22}
              aria-label="The same step before"
              disabled={at === 0}
              onClick={() => go(-1)}
            >
              <Icon name="left" size={13} />
            </ActionIcon>
            <span className="t11 s nw">
              {at + 1} of {count(all.length)} alike
            </span>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={22}
              aria-label="The same step after"
              disabled={at === all.length - 1}
              onClick={() => go(1)}
            >
              <Icon name="right" size={13} />
            </ActionIcon>
          </span>
        )}
      </div>
      <div className="chips">
        <Status status={node.status} detail={openFor(node, now)} />
        {node.type !== "skipped" && (
          <span className="chip">
            {node.type !== "execution" && <Swatch kind={node.kind} />}
            {node.category.replaceAll("_", " ")}
          </span>
        )}
      </div>
    </div>
  );
}

/** "waiting for gpt-5.2 12.0 s" while it does; nothing for what has ended. */
function openFor(node: TreeNode, now: number | null): string | undefined {
  if (node.duration !== null) return undefined;
  const word = node.note.startsWith("waiting for ")
    ? (node.note.split(", ")[0] as string)
    : statusWord(node.status);
  return now === null ? word : `${word} ${duration(Math.max(0, now - node.offset))}`;
}

/** The usual times of steps of its name. Steps of one name in several agents are told apart by category only. */
function usualOf(usual: UsualExecution | undefined, node: TreeNode): UsualStep | undefined {
  return usual?.steps.find(
    (step) =>
      step.name === node.name &&
      (step.is_agent ? node.type === "execution" : node.type === "step" && step.category === node.category),
  );
}

type BodyProps = Pick<Props, "models" | "isBelow" | "now"> & {
  readonly detail: StepDetail;
  readonly usual: UsualStep | undefined;
  readonly canChange: boolean;
};

function Body({ detail, models, isBelow, now, usual, canChange }: BodyProps) {
  const soFar = now === null ? "still open" : `${duration(Math.max(0, now - detail.offset_ns))} so far`;
  return (
    <>
      <div className="length">
        {detail.duration_ns === null ? soFar : duration(detail.duration_ns)}
        {usual && detail.duration_ns !== null && (
          <span className="chip rank">p{rankOf(usual.percentiles_ns, detail.duration_ns)}</span>
        )}
        <span className="m t12"> after {duration(detail.offset_ns)}</span>
      </div>
      {usual && (
        <div className="m t12">
          of {count(usual.others)}, usual {duration(usual.percentiles_ns[49])}, p95{" "}
          {duration(usual.percentiles_ns[94])}
        </div>
      )}
      {usual && detail.duration_ns !== null && (
        <UsualSpread percentiles={usual.percentiles_ns} ns={detail.duration_ns} />
      )}
      {canChange && <TryChange stepId={detail.step_id} name={detail.tool ?? detail.name} />}
      <Failure detail={detail} />
      <Rows title="Time" rows={timeRows(detail, isBelow)} />
      <Rows title="Model" rows={modelRows(detail, models)} />
      {hasBody(detail.input) && <Json title="Input" value={detail.input} />}
      {hasBody(detail.output) && <Json title="Output" value={detail.output} />}
      {!hasBody(detail.input) && !hasBody(detail.output) && (
        <p className="s t12">The client sent no input and no output.</p>
      )}
      <Rows title="Place" rows={placeRows(detail)} />
      <Attributes title="Attributes" values={detail.attributes} />
      <Attributes title="Resource" values={detail.resource} />
    </>
  );
}

const hasBody = (value: unknown) => value !== null && value !== undefined && value !== "";

function Failure({ detail }: { readonly detail: StepDetail }) {
  if (!detail.error_type && !detail.error_message) return null;
  return (
    <div className="note bad">
      <b>{detail.error_type ?? "Error"}</b> {detail.error_message}
      {detail.error_stack && (
        <details>
          <summary>Stack</summary>
          <pre className="code">{detail.error_stack}</pre>
        </details>
      )}
    </div>
  );
}

type Row = readonly [string, ReactNode];

function Rows({ title, rows }: { readonly title: string; readonly rows: readonly Row[] }) {
  if (rows.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <dl className="kv">
        {rows.map(([name, value]) => (
          <div key={name} style={{ display: "contents" }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const only = (rows: readonly (Row | null)[]): Row[] => rows.filter((row) => row !== null);
const when = (value: number | string | null, name: string, print: ReactNode): Row | null =>
  value === null ? null : [name, print];

function timeRows(detail: StepDetail, isBelow: boolean): Row[] {
  const onPath = isBelow ? "On the root’s path" : "On the path";
  return only([
    ["Started", fullTime(detail.started_at)],
    when(detail.first_token_ns, "First token", `after ${duration(detail.first_token_ns)}`),
    when(detail.self_ns, "Own time", duration(detail.self_ns)),
    when(detail.critical_ns, onPath, detail.critical_ns === 0 ? "no" : duration(detail.critical_ns)),
    when(detail.slack_ns, "Slack", detail.slack_ns === 0 ? "none" : duration(detail.slack_ns)),
    detail.attempt !== null && detail.attempt > 1 ? ["Attempt", count(detail.attempt)] : null,
  ]);
}

function modelRows(detail: StepDetail, models: Props["models"]): Row[] {
  if (detail.category !== "llm" && detail.model === null && detail.input_tokens === null) return [];
  return only([
    models && models.length > 1 ? ["Models", models.join(", ")] : when(detail.model, "Model", detail.model),
    when(detail.provider, "Provider", detail.provider),
    ...(detail.total_tokens === null
      ? ([
          ["Tokens in", count(detail.input_tokens)],
          ["Tokens out", count(detail.output_tokens)],
        ] as Row[])
      : ([["Tokens", `${count(detail.total_tokens)}, in and out together`]] as Row[])),
    when(detail.tokens_per_second, "Speed", `${count(detail.tokens_per_second)} tokens/s after the first`),
    when(detail.cache_read_tokens, "From cache", count(detail.cache_read_tokens)),
    when(detail.cache_write_tokens, "To cache", count(detail.cache_write_tokens)),
    when(detail.reasoning_tokens, "Reasoning", count(detail.reasoning_tokens)),
    ["Cost", cost(detail.cost_usd)],
  ]);
}

function placeRows(detail: StepDetail): Row[] {
  return only([
    detail.code_file
      ? ["Code", <CodePlace key="code" file={detail.code_file} line={detail.code_line} />]
      : null,
    when(detail.code_function, "Function", <span className="mono">{detail.code_function}</span>),
    when(detail.tool, "Tool", detail.tool),
    when(detail.operation, "Operation", detail.operation),
    when(detail.service, "Service", detail.service),
    when(detail.scope, "Recorded by", detail.scope),
    [
      "Step id",
      <span className="mono" key="id">
        {detail.step_id}
      </span>,
    ],
    [
      "Trace id",
      <span className="mono" key="trace">
        {detail.trace_id}
      </span>,
    ],
  ]);
}

function Attributes({
  title,
  values,
}: {
  readonly title: string;
  readonly values: Readonly<Record<string, unknown>>;
}) {
  const names = Object.keys(values).sort();
  if (names.length === 0) return null;
  return (
    <details className="attributes">
      <summary>
        {title} <span className="s">{count(names.length)}</span>
      </summary>
      <dl>
        {names.map((name) => (
          <div key={name}>
            <dt className="mono">{name}</dt>
            <dd>{typeof values[name] === "string" ? values[name] : JSON.stringify(values[name])}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
