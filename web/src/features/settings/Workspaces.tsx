import { useQuery } from "@tanstack/react-query";
import { workspacesQuery } from "../../api/settings";
import { count, counted } from "../../lib/format";
import { Asked } from "../../ui/Asked";

/** The workspaces that have a title or a key. */
export function Workspaces() {
  return (
    <Asked query={useQuery(workspacesQuery())} what="The workspaces" heights={[62, 160]}>
      {({ items }) => (
        <>
          <section className="card verdict" aria-label="How it stands">
            <p className="says">
              {items.length === 0 ? (
                <>Everything is in the workspace “default”: no other one has a key or a title.</>
              ) : (
                <b>{counted(items.length, "workspace")} with a key or a title.</b>
              )}
            </p>
            <p className="m t12">
              A key decides the workspace of what is sent with it. Make a key for a new name, and the
              workspace is there.
            </p>
          </section>
          {items.length > 0 && (
            <section className="card scroll" aria-label="Workspaces">
              <table className="table">
                <thead>
                  <tr>
                    <th>Workspace</th>
                    <th>Title</th>
                    <th className="r">Keys</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map(({ workspace, title, keys }) => (
                    <tr key={workspace}>
                      <td>
                        <b>{workspace}</b>
                      </td>
                      <td>{title ?? "none"}</td>
                      <td className="r">{count(keys)}</td>
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
