/** Why a TLS handshake failed: few words, since they are labels of a metric and clients choose among them. */
export type HandshakeFailure =
  /** No certificate for the name, no name, or no cipher or signature algorithm in common. */
  | 'no_certificate'
  | 'protocol_version'
  | 'application_protocol'
  /** The client refused, most often the certificate. */
  | 'client_alert'
  | 'timeout'
  /** The client went away. */
  | 'closed'
  | 'other';

const REASONS: Readonly<Record<string, HandshakeFailure>> = {
  ERR_SSL_NO_SHARED_CIPHER: 'no_certificate',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: 'no_certificate',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'protocol_version',
  ERR_SSL_VERSION_TOO_LOW: 'protocol_version',
  ERR_SSL_WRONG_VERSION_NUMBER: 'protocol_version',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'application_protocol',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'timeout',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
};

/** The reason behind an error code of Node or OpenSSL. */
export function handshakeFailure(code: string | undefined): HandshakeFailure {
  if (code === undefined || !Object.hasOwn(REASONS, code)) {
    return code !== undefined && /^ERR_SSL_.*_ALERT_/.test(code) ? 'client_alert' : 'other';
  }
  return REASONS[code] ?? 'other';
}
