// Asks for a page's first answer while its scripts still load; `api/http.ts` takes it from here. A file of its own,
// because the content security policy allows no inline script. With other filters than none, the page asks itself.
(() => {
  const { pathname, search } = location;
  const first = {
    "/": "/api/analysis/pulse",
    "/executions": "/api/executions?sort=started&order=desc&limit=100",
  };
  const isOne = /^\/executions\/[^/]+$/.test(pathname);
  const path = isOne ? `/api${pathname}` : search ? undefined : first[pathname];
  if (!path) return;
  const answer = fetch(path, { headers: { accept: "application/json" } });
  answer.catch(() => {}); // told by whoever takes it
  window.longpoleEarly = { path, answer };
})();
