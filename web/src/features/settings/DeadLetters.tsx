import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { dropLetter, lettersQuery, retryLetter } from "../../api/settings";
import { ago, bytes, count, counted } from "../../lib/format";
import { reasonOf } from "../../lib/problem";
import { Asked } from "../../ui/Asked";
import { Confirm } from "../../ui/Confirm";

/** What could not be read or written: try it again, or drop it. */
export function DeadLetters() {
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: ["settings", "letters"] });
  const retrying = useMutation({ mutationFn: retryLetter, onSettled: again });
  return (
    <Asked query={useQuery(lettersQuery())} what="The dead letters" heights={[62, 200]}>
      {({ items, letters, size_bytes }) => (
        <>
          <section className="card verdict" aria-label="How it stands">
            <p className="says">
              {letters === 0 ? (
                <span className="good">Everything that was accepted could be read and stored.</span>
              ) : (
                <>
                  <b className="bad">{counted(letters, "dead letter")}</b>, {bytes(size_bytes)}: what could
                  not be read or written is kept here.
                </>
              )}
            </p>
            {retrying.error && (
              <p className="bad" role="alert">
                {reasonOf(retrying.error)}
              </p>
            )}
            {retrying.data && (
              <p role="status">
                {retrying.data.outcome}
                {retrying.data.reason && `: ${retrying.data.reason}`}
              </p>
            )}
          </section>
          {items.length > 0 && (
            <section className="card scroll" aria-label="Dead letters">
              <table className="table">
                <thead>
                  <tr>
                    <th>What</th>
                    <th>Why</th>
                    <th>Workspace</th>
                    <th className="r">Size</th>
                    <th className="r">Received</th>
                    <th className="r">Tries</th>
                    <th aria-label="Deeds" />
                  </tr>
                </thead>
                <tbody>
                  {items.map((letter) => (
                    <tr key={letter.letter_id}>
                      <td>
                        <b>{letter.kind}</b> <span className="m">{letter.signal}</span>
                      </td>
                      <td className="settings-why">{letter.reason}</td>
                      <td>{letter.workspace ?? "unknown"}</td>
                      <td className="r">{bytes(letter.size_bytes)}</td>
                      <td className="r m">{ago(letter.received_at, Date.now())}</td>
                      <td className="r">{count(letter.attempts)}</td>
                      <td className="settings-deeds">
                        <Button
                          variant="default"
                          size="xs"
                          loading={retrying.isPending && retrying.variables === letter.letter_id}
                          onClick={() => retrying.mutate(letter.letter_id)}
                        >
                          Try again
                        </Button>
                        <Confirm
                          deed="Drop"
                          question="Drop this dead letter?"
                          onDo={() => dropLetter(letter.letter_id).then(again)}
                        >
                          It and what it holds ({bytes(letter.size_bytes)}) are gone for good.
                        </Confirm>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          )}
        </>
      )}
    </Asked>
  );
}
