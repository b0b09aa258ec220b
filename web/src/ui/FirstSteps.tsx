import { Button } from "@mantine/core";
import { useContext, useState } from "react";
import { reasonOf } from "../lib/problem";
import { LoadExample } from "./example";
import { Empty } from "./States";

const code = (origin: string) => `import longpole

longpole.configure(endpoint="${origin}")

@longpole.agent
async def answer(question): ...`;

/** Nothing is stored yet: the lines of code that change it, and an example to look at. */
export function FirstSteps() {
  return (
    <Empty title="No agent has run yet. These three lines change that.">
      <pre className="code">{code(window.location.origin)}</pre>
      <p>
        Any OpenTelemetry program works as well: run it with <code>longpole run -- python app.py</code>, or
        send OTLP to <code>{window.location.origin}/v1/traces</code>.
      </p>
      <ExampleButton />
    </Empty>
  );
}

type Progress = "idle" | "loading" | "loaded" | Error;

function ExampleButton() {
  const load = useContext(LoadExample);
  const [progress, setProgress] = useState<Progress>("idle");
  if (!load) return null;
  const start = () => {
    setProgress("loading");
    load().then(() => setProgress("loaded"), setProgress);
  };
  return (
    <>
      <Button
        variant="default"
        loading={progress === "loading"}
        disabled={progress === "loaded"}
        onClick={start}
      >
        Load the example
      </Button>
      <p className="t12" aria-live="polite">
        {progress instanceof Error ? (
          <span className="bad">{reasonOf(progress)}</span>
        ) : progress === "loaded" ? (
          "It is on its way; this page shows it in a moment."
        ) : (
          "Twelve recorded runs of a slow team of agents, in an environment of their own."
        )}
      </p>
    </>
  );
}
