export {
  EllipticEnvelope,
  type EllipticEnvelopeParams,
  type ErrorNormOptions,
  type ReweightedCovariance,
} from './elliptic-envelope.js';
