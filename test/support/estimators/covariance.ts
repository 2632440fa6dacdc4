import { EllipticEnvelope } from '../../../lib/index.js';
import { AXES, type Example } from './example.js';

export const EXAMPLES: readonly Example[] = [
  { name: 'EllipticEnvelope', make: () => new EllipticEnvelope(), exceptions: AXES },
];
