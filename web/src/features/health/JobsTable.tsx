import type { JobsState } from "../../api/views.gen";
import { ago, duration, NONE } from "../../lib/format";
import { SECOND } from "../../lib/time";

/** The server's jobs and how their last runs ended. */
export function JobsTable({ jobs }: { readonly jobs: JobsState | null }) {
  return (
    <section className="card" aria-label="Jobs">
      <div className="hd">
        <h2>Jobs</h2>
        <span className="m t12">{whoDoes(jobs)}</span>
      </div>
      {jobs?.is_here && <Rows jobs={jobs} />}
    </section>
  );
}

function whoDoes(jobs: JobsState | null): string {
  if (jobs === null) return "the store does not say who does them";
  if (jobs.is_here) return "done by this server";
  return jobs.holder === null ? "done by nobody now" : `done by the server ${jobs.holder}`;
}

function Rows({ jobs }: { readonly jobs: JobsState }) {
  const now = Date.now();
  return (
    <table className="table">
      <thead>
        <tr>
          <th>Job</th>
          <th className="r">Every</th>
          <th className="r">Last run</th>
          <th>Outcome</th>
        </tr>
      </thead>
      <tbody>
        {jobs.jobs.map((job) => (
          <tr key={job.name}>
            <td>{job.name}</td>
            <td className="r m">{duration(job.every_s * SECOND)}</td>
            <td className="r m">{job.last_started ? ago(job.last_started, now) : NONE}</td>
            <td className={job.error ? "bad wrap" : "wrap"}>{job.error ?? job.outcome ?? "not yet"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
