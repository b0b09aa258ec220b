import { Link } from "wouter";
import { Empty } from "../../ui/States";

/** What the page can tell, and whom it can be asked about. */
export function NobodyChosen({ agents }: { readonly agents: readonly string[] }) {
  return (
    <Empty title="Which agent should have done something?">
      <p>
        Name it, and if you know the conversation, name that, too. The answer says whether anybody named it,
        considered it, chose it and called it, and what then became of it, with scores, thresholds and the
        executions to look at.
      </p>
      <p className="why-agents">
        {agents.slice(0, 12).map((agent) => (
          <Link key={agent} className="chip outline" href={`/why-not?agent=${encodeURIComponent(agent)}`}>
            {agent}
          </Link>
        ))}
      </p>
    </Empty>
  );
}
