import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "wouter";
import { executionQuery, isOpen } from "../../api/queries";
import { useLiveExecution, useLiveState } from "../../api/useLive";
import { onlyRange } from "../../lib/address";
import { shortId } from "../../lib/format";
import { ApiProblem, reasonOf } from "../../lib/problem";
import { LiveChip } from "../../ui/LiveChip";
import { Page } from "../../ui/Page";
import { Empty, Failed, Waiting } from "../../ui/States";
import { ExecutionView } from "./ExecutionView";

/** One execution: the verdict first, then the picture, then every step. */
export default function ExecutionPage({ id }: { readonly id: string }) {
  const range = onlyRange(useSearch());
  const query = useQuery(executionQuery(id));
  const tree = query.data;
  useLiveExecution(id, tree && isOpen(tree) ? tree.execution.root_execution_id : undefined);
  const state = useLiveState();
  const isMissing = query.error instanceof ApiProblem && query.error.status === 404;
  return (
    <Page
      right={<LiveChip state={state} />}
      crumb={
        <>
          <Link href={`/executions${range}`}>Executions</Link>
          <i>/</i>
          {tree && (
            <>
              <Link href={`/executions?agent=${encodeURIComponent(tree.execution.agent)}`}>
                {tree.execution.agent}
              </Link>
              <i>/</i>
            </>
          )}
          <b className="mono">{shortId(id)}</b>
        </>
      }
    >
      {tree ? (
        <>
          <title>{`${tree.execution.agent} · Longpole`}</title>
          {query.error && (
            <div className="note warn">What you see is from before: {reasonOf(query.error)}</div>
          )}
          <ExecutionView tree={tree} fetchedAt={query.dataUpdatedAt} />
        </>
      ) : isMissing ? (
        <Empty title="This execution is not stored.">
          <p>It may have been removed, or it has not arrived yet.</p>
          <Link href="/executions">All executions</Link>
        </Empty>
      ) : query.error ? (
        <Failed
          what="The execution could not be loaded"
          why={reasonOf(query.error)}
          onRetry={() => query.refetch()}
        />
      ) : (
        <Waiting heights={[28, 56, 210, 44, 480]} />
      )}
    </Page>
  );
}
