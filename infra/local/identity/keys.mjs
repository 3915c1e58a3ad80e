/** The provider's keys, made once and kept in the data directory. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** Load the keys, or make them: RS256 to sign tokens, as Entra ID does, and secrets for cookies. */
export function loadKeys(directory) {
  fs.mkdirSync(directory, { recursive: true });
  const file = path.join(directory, 'keys.json');
  if (!fs.existsSync(file)) {
    const temporary = `${file}.tmp`;
    fs.writeFileSync(temporary, JSON.stringify(makeKeys()), { mode: 0o600 });
    fs.renameSync(temporary, file);
  }
  const { jwk, cookieKeys } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return { jwk, cookieKeys, privateKey, publicKey: createPublicKey(privateKey) };
}

function makeKeys() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = {
    ...privateKey.export({ format: 'jwk' }),
    kid: randomBytes(20).toString('base64url'),
    use: 'sig',
    alg: 'RS256',
  };
  return { jwk, cookieKeys: [randomBytes(32).toString('base64url')] };
}
