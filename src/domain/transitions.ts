/** Which states may follow which; a state without followers is final. */
export type Transitions<S extends string> = Readonly<Record<S, readonly S[]>>;

export const mayFollow = <S extends string>(transitions: Transitions<S>, from: S, to: S): boolean =>
  transitions[from].includes(to);
