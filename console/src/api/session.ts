import { useSyncExternalStore } from 'react';

/** Of this tab only, and gone with it. */
const STORE = 'console.api-key';
const FRAGMENT = /^#key=([^&]+)$/;

export interface Session {
  readonly key: string | undefined;
  /** Why there is no key any more, where the server has refused it. */
  readonly refused: boolean;
}

/** A link `/console#key=…` signs in. The key leaves the address bar before anything else is drawn. */
function takeFromAddress(): string | undefined {
  const found = FRAGMENT.exec(location.hash)?.[1];
  if (found === undefined) return undefined;
  history.replaceState(history.state, '', location.pathname + location.search);
  const key = decodeURIComponent(found);
  sessionStorage.setItem(STORE, key);
  return key;
}

let session: Session = {
  key: takeFromAddress() ?? sessionStorage.getItem(STORE) ?? undefined,
  refused: false,
};
const listeners = new Set<() => void>();

function change(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

export const currentKey = (): string | undefined => session.key;

export function signIn(key: string): void {
  sessionStorage.setItem(STORE, key);
  change({ key, refused: false });
}

export function signOut(refused = false): void {
  sessionStorage.removeItem(STORE);
  change({ key: undefined, refused });
}

export const useSession = (): Session =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => session,
  );
