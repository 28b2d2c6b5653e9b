/** `/v1/invoices/:id/pay` of the router as `/v1/invoices/{id}/pay`. */
export function templateOf(route: string): string {
  return route.replace(/:(\w+)/g, '{$1}');
}

/** Parameter names do not matter: `{id}`, `{invoice}` and `:id` are the same place. */
function canonical(template: string): string {
  return template.replace(/\{[^}]*\}|:\w+/g, '{}');
}

/** A pattern is a path or a template, exact unless it ends with `*`. */
export function matchesPath(pattern: string, path: string, template: string | undefined): boolean {
  const wanted = canonical(pattern);
  const served = template === undefined ? path : canonical(template);
  if (!wanted.endsWith('*')) return wanted === path || wanted === served;
  const start = wanted.slice(0, -1);
  return path.startsWith(start) || served.startsWith(start);
}
