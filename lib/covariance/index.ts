export { EllipticEnvelope, type EllipticEnvelopeParams } from './elliptic-envelope.js';
