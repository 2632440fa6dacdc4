export type { KernelParams, KernelState } from './kernel.js';
export { LinearSVC, type LinearSVCParams, type LinearSVCState } from './linear-svc.js';
export { LinearSVR, type LinearSVRParams, type LinearSVRState } from './linear-svr.js';
export { OneClassSVM, type OneClassSVMParams } from './one-class-svm.js';
export { SVC, type SVCParams, type SVCState } from './svc.js';
export { SVR, type SVRParams } from './svr.js';
