import pg from 'pg';

/**
 * The driver's client for the pool. A connection that ends in the moment in which it becomes usable tells so before anybody
 * who has asked for it listens, and what an emitter tells nobody ends the process. Here somebody always listens: whoever
 * asks the client next is refused, as with any connection that was lost.
 */
export class ListenedClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
