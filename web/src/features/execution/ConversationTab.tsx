import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { questionOfOneQuery } from "../../api/questions";
import type { ModelCall, ModelCalls } from "../../api/views.gen";
import { messagesOf, newMessages, type Said } from "../../lib/conversation";
import { cost, count, counted, duration } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import { Empty } from "../../ui/States";
import { Status } from "../../ui/Status";

interface Props {
  readonly executionId: string;
  readonly onPick: (id: string) => void;
}

/** What was said to models and by them, in order of time, with the time each answer took. */
export function ConversationTab({ executionId, onPick }: Props) {
  const query = useQuery(questionOfOneQuery<ModelCalls>("model-calls", executionId));
  return (
    <Asked query={query} what="The conversation" heights={[90, 160, 160]}>
      {({ calls }) =>
        calls.length === 0 ? (
          <Empty title="This execution called no model itself.">
            <p>What agents called by it have said is on their own pages.</p>
          </Empty>
        ) : (
          <ol className="conversation">
            {calls.map((call, at) => (
              <Call key={call.step_id} call={call} before={calls[at - 1]} onPick={onPick} />
            ))}
          </ol>
        )
      }
    </Asked>
  );
}

interface CallProps {
  readonly call: ModelCall;
  readonly before: ModelCall | undefined;
  readonly onPick: (id: string) => void;
}

function Call({ call, before, onPick }: CallProps) {
  const asked = messagesOf(call.request, "user");
  const told = before
    ? [...messagesOf(before.request, "user"), ...messagesOf(before.response, "assistant")]
    : [];
  const { repeated, fresh } = newMessages(told, asked);
  const answered = messagesOf(call.response, "assistant");
  const waited = before ? call.offset_ns - before.offset_ns - (before.duration_ns ?? 0) : call.offset_ns;
  return (
    <li>
      <div className="call-head">
        <span className="chip tn">+{duration(Math.max(0, waited))}</span>
        <button type="button" className="more" onClick={() => onPick(call.step_id)}>
          {call.name}
        </button>
        <span className="m t12">{call.model ?? "model unknown"}</span>
        <Status status={call.status} />
        <span className="sp" />
        <span className="m t12 tn">
          {count(call.input_tokens)} tokens in, {count(call.output_tokens)} out, {cost(call.cost_usd)}
        </span>
      </div>
      {repeated > 0 && (
        <p className="s t12 repeated">{counted(repeated, "message")} repeated from the call before</p>
      )}
      {fresh.map((said, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages have no other name, and their order stays
        <Message key={at} said={said} />
      ))}
      {asked.length === 0 && <p className="s t12 repeated">The client sent no request.</p>}
      {call.error_type && (
        <div className="note bad">
          <b>{call.error_type}</b> {call.error_message}
        </div>
      )}
      {answered.map((said, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages have no other name, and their order stays
        <Message key={at} said={said} times={at === 0 ? timesOf(call) : undefined} />
      ))}
      {answered.length === 0 && !call.error_type && (
        <p className="s t12 repeated">The client sent no response. It took {timesOf(call)}.</p>
      )}
    </li>
  );
}

function timesOf({ duration_ns, first_token_ns }: ModelCall): string {
  const first = first_token_ns === null ? "" : `, TTFT ${duration(first_token_ns)}`;
  return `${duration_ns === null ? "still open" : duration(duration_ns)}${first}`;
}

const LONG = 900;

function Message({ said, times }: { readonly said: Said; readonly times?: string | undefined }) {
  const [isWhole, setWhole] = useState(said.text.length <= LONG);
  return (
    <div className={said.role === "assistant" ? "message answer" : "message"}>
      <div className="who">
        <b>{said.role}</b>
        {times && <span className="chip tn">{times}</span>}
      </div>
      <pre>{isWhole ? said.text : `${said.text.slice(0, LONG)}…`}</pre>
      {!isWhole && (
        <button type="button" className="more" onClick={() => setWhole(true)}>
          All {count(said.text.length)} characters
        </button>
      )}
    </div>
  );
}
