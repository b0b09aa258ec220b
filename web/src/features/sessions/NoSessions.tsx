import { Link } from "wouter";
import { Empty } from "../../ui/States";

const CODE = `@longpole.agent
async def claims_chat(question):
    longpole.set_attributes(session_id="CLM-48213", user_id="u-17")`;

/** Nothing to show: because nothing fits, or because no execution tells to which conversation it belongs. */
export function NoSessions({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <Empty title="No session fits.">
        <Link href="/sessions">Show all sessions</Link>
      </Empty>
    );
  }
  return (
    <Empty title="No execution says to which session it belongs.">
      <p>A session joins the turns of one conversation. Other clients send it as session.id.</p>
      <pre className="code">{CODE}</pre>
    </Empty>
  );
}
