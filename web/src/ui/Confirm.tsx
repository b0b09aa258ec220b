import { Button, Modal } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { reasonOf } from "../lib/problem";

interface Props {
  /** What the button says: "Revoke". */
  readonly deed: string;
  /** What is asked before: "Revoke the key of the nightly job?". */
  readonly question: string;
  /** What follows from it. */
  readonly children: ReactNode;
  readonly onDo: () => Promise<unknown>;
}

/** A button for what cannot be undone: it asks first, and says why it failed. */
export function Confirm({ deed, question, children, onDo }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [isDoing, setDoing] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const go = () => {
    setDoing(true);
    setError(null);
    onDo()
      .then(() => setOpen(false), setError)
      .finally(() => setDoing(false));
  };
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setOpen(true)}>
        {deed}
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={question} centered>
        <div className="confirm">
          <div className="m">{children}</div>
          {error !== null && (
            <p className="bad" role="alert">
              {reasonOf(error)}
            </p>
          )}
          <div>
            <Button variant="default" onClick={() => setOpen(false)}>
              Keep it
            </Button>
            <Button color="red" loading={isDoing} onClick={go}>
              {deed}
            </Button>
          </div>
        </div>
      </Modal>
    </>
  );
}
