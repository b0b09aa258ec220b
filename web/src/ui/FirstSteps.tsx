import { Empty } from "./States";

const code = (origin: string) => `import longpole

longpole.configure(endpoint="${origin}")

@longpole.agent
async def answer(question): ...`;

/** Nothing is stored yet: the lines of code that change it. */
export function FirstSteps() {
  return (
    <Empty title="No agent has run yet. These three lines change that.">
      <pre className="code">{code(window.location.origin)}</pre>
      <p>
        Any OpenTelemetry program works as well: run it with <code>longpole run -- python app.py</code>, or
        send OTLP to <code>{window.location.origin}/v1/traces</code>.
      </p>
    </Empty>
  );
}
