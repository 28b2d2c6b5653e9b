import { Webhook } from 'standardwebhooks';
import { newSigningSecret, signedHeaders } from './webhook-signature.js';

const message = { id: 'msg_1', body: '{"event_type":"customer.created","name":"Grüße, 世界"}' };

describe('the signature of outbound webhooks', () => {
  it('is what the library of the specification expects, and only with that secret, body and id', () => {
    const secret = newSigningSecret();
    const headers = signedHeaders(message, [secret], new Date());
    const verify = (key: string, body: string, sent: Record<string, string>) => () =>
      new Webhook(key).verify(body, sent);
    expect(verify(secret, message.body, headers)).not.toThrow();
    expect(verify(newSigningSecret(), message.body, headers)).toThrow();
    expect(verify(secret, `${message.body} `, headers)).toThrow();
    expect(verify(secret, message.body, { ...headers, 'webhook-id': 'msg_2' })).toThrow();
    expect(verify(secret, message.body, { ...headers, 'webhook-timestamp': '1' })).toThrow();
  });

  it('is known by either secret while one is replaced', () => {
    const secrets = [newSigningSecret(), newSigningSecret()];
    const headers = signedHeaders(message, secrets, new Date());
    for (const secret of secrets)
      expect(() => new Webhook(secret).verify(message.body, headers)).not.toThrow();
  });

  it('has the example of the specification', () => {
    // https://github.com/standard-webhooks/standard-webhooks: msg_p5jXN8AQM9LWM0D4loKWxJek
    const headers = signedHeaders(
      { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' },
      ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
      new Date(1_614_265_330_000),
    );
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
});
