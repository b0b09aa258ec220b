import { Button, Menu, NativeSelect, Textarea } from "@mantine/core";
import { useState } from "react";
import { Icon } from "../../ui/icons";

interface Props {
  readonly sql: string;
  readonly limit: number;
  readonly isAsking: boolean;
  readonly onAsk: (sql: string, limit: number) => void;
}

const EXAMPLES: readonly (readonly [string, string])[] = [
  [
    "Agents by mean duration",
    `SELECT agent, count(*) AS runs, round(avg(duration_ns) / 1e9, 2) AS mean_s
FROM executions
GROUP BY agent
ORDER BY mean_s DESC`,
  ],
  [
    "Cost by model",
    `SELECT model, count(*) AS calls, round(sum(cost_usd_nanos) / 1e9, 4) AS usd
FROM steps
WHERE is_counted
GROUP BY model
ORDER BY usd DESC`,
  ],
  [
    "Steps that failed most",
    `SELECT name, error_type, count(*) AS failed
FROM steps
WHERE status = 'failed'
GROUP BY name, error_type
ORDER BY failed DESC
LIMIT 20`,
  ],
  [
    "Decisions just under the threshold",
    `SELECT candidate, score, threshold, reason
FROM decisions
WHERE score < threshold AND score > threshold - 0.1
ORDER BY score DESC
LIMIT 50`,
  ],
];

/** What is asked; Ctrl and Enter asks it. */
export function Editor({ sql, limit, isAsking, onAsk }: Props) {
  const [text, setText] = useState(sql);
  const [most, setMost] = useState(String(limit));
  const ask = () => {
    if (text.trim()) onAsk(text.trim(), Number(most));
  };
  return (
    <section className="card sql-editor" aria-label="The query">
      <Textarea
        aria-label="SQL"
        classNames={{ input: "sql-text" }}
        autosize
        minRows={6}
        maxRows={22}
        spellCheck={false}
        placeholder="SELECT agent, count(*) FROM executions GROUP BY agent"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            ask();
          }
        }}
      />
      <div className="sql-deeds">
        <Button loading={isAsking} disabled={!text.trim()} onClick={ask}>
          Run
        </Button>
        <span className="m t12">
          <kbd>Ctrl</kbd> <kbd>Enter</kbd>
        </span>
        <NativeSelect
          aria-label="At most so many rows"
          data={["100", "1000", "5000", "10000"].map((value) => ({ value, label: `at most ${value} rows` }))}
          value={most}
          onChange={(event) => setMost(event.currentTarget.value)}
        />
        <span className="sp" />
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button variant="default" rightSection={<Icon name="down" size={11} />}>
              Examples
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {EXAMPLES.map(([name, example]) => (
              <Menu.Item key={name} onClick={() => setText(example)}>
                {name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </div>
    </section>
  );
}
