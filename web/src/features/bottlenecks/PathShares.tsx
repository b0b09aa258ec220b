import type { Bottlenecks } from "../../api/views.gen";
import { Segment, Swatch } from "../../charts/Patterns";
import { useWidth } from "../../charts/useWidth";
import { percent } from "../../lib/format";
import { KIND_NAMES, KINDS, kindOf } from "../../lib/shares";
import "../../charts/chart.css";

const HEIGHT = 30;

/** All critical time as one bar, cut into the steps that took it, the largest part first. */
export function PathShares({ found }: { readonly found: Bottlenecks }) {
  const [ref, width] = useWidth(1000);
  const inner = Math.max(10, width - 28);
  let x = 14;
  const parts = found.operations.map((step) => {
    const part = { step, x, width: step.critical_share * inner };
    x += part.width;
    return part;
  });
  const rest = Math.max(0, 1 - found.operations.reduce((sum, { critical_share }) => sum + critical_share, 0));
  const kinds = KINDS.filter((kind) => found.operations.some(({ category }) => kindOf(category) === kind));
  return (
    <section className="card" aria-label="What the critical path consists of">
      <div className="hd">
        <h2>What the critical path consists of</h2>
        <span className="m t12">100 % is the time that executions waited for; the ink line is the path</span>
      </div>
      <div ref={ref}>
        <svg
          width={width}
          height={HEIGHT + 34}
          role="img"
          aria-label={found.operations
            .map(({ agent, name, critical_share }) => `${name} of ${agent} ${percent(critical_share)}`)
            .join(", ")}
        >
          {parts.map(({ step, x: left, width: own }) => (
            <g key={`${step.agent} ${step.name} ${step.is_agent}`}>
              <title>{`${step.name} of ${step.agent}, ${percent(step.critical_share)}`}</title>
              {own > 52 && (
                <>
                  <text x={left} y={11} className="part">
                    {own > 7 * step.name.length
                      ? step.name
                      : `${step.name.slice(0, Math.floor(own / 7) - 1)}…`}
                  </text>
                  <text x={left} y={23} className="part-time">
                    {percent(step.critical_share)}
                  </text>
                </>
              )}
              <Segment
                x={left}
                y={28}
                width={Math.max(0.7, own - 1.2)}
                height={HEIGHT}
                kind={kindOf(step.category)}
                radius={2}
              />
            </g>
          ))}
          {rest > 0.0005 && (
            <Segment x={x} y={28} width={rest * inner} height={HEIGHT} kind="unexplained" radius={2} />
          )}
          <path d={`M14 ${HEIGHT + 31}H${14 + inner}`} stroke="var(--pole)" strokeWidth="2.5" />
        </svg>
        <div className="legend bottlenecks-legend">
          {kinds.map((kind) => (
            <div key={kind} className="name">
              <Swatch kind={kind} /> {kind === "generating" ? "Model call" : KIND_NAMES[kind]}
            </div>
          ))}
          {rest > 0.0005 && <div className="name">and {percent(rest)} in smaller steps</div>}
        </div>
      </div>
    </section>
  );
}
