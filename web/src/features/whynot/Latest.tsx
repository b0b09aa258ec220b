import { Link } from "wouter";
import type { Considered } from "../../api/views.gen";
import { clockTime, counted, NONE, score } from "../../lib/format";
import { Icon } from "../../ui/icons";

interface Props {
  readonly considered: readonly Considered[];
  /** The conversation that is asked about: the list is of all. */
  readonly session: string | null;
}

const TAKEN = new Set(["chosen", "respond", "selected"]);
const MOST = 12;

/** How the latest decisions about the agent went, in every conversation. */
export function Latest({ considered, session }: Props) {
  const taken = considered.filter(({ outcome }) => TAKEN.has(outcome ?? "")).length;
  const now = Date.now();
  return (
    <section className="card" aria-label="Latest decisions about it">
      <div className="hd">
        <h2>Latest decisions about it</h2>
        <span className="m t12 cut">
          {`${taken} of ${counted(considered.length, "decision")} took it${session ? ", anywhere" : ""}`}
        </span>
      </div>
      <div className="scroll">
        <table className="table" aria-label="Latest decisions about it">
          <tbody>
            {considered.slice(0, MOST).map((one) => {
              const isTaken = TAKEN.has(one.outcome ?? "");
              return (
                <tr key={`${one.execution_id} ${one.time}`}>
                  <td>
                    <Link href={`/executions/${one.execution_id}?tab=decisions`}>
                      {clockTime(one.time, now)}
                    </Link>
                  </td>
                  <td className="r">
                    {score(one.score)}
                    <span className="s">{one.threshold === null ? "" : ` of ${score(one.threshold)}`}</span>
                  </td>
                  <td>
                    <span className={isTaken ? "chip good" : "chip"}>
                      <Icon name={isTaken ? "check" : "skip"} size={12} />
                      {(one.outcome ?? NONE).replaceAll("_", " ")}
                    </span>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
