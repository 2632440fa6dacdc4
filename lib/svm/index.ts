export type { KernelParams, KernelState } from './kernel.js';
export type { KernelClassifierParams, SVCState } from './kernel-classifier.js';
export { LinearSVC, type LinearSVCParams, type LinearSVCState } from './linear-svc.js';
export { LinearSVR, type LinearSVRParams, type LinearSVRState } from './linear-svr.js';
export { NuSVC, type NuSVCParams } from './nu-svc.js';
export { NuSVR, type NuSVRParams } from './nu-svr.js';
export { OneClassSVM, type OneClassSVMParams } from './one-class-svm.js';
export { SVC, type SVCParams } from './svc.js';
export { SVR, type SVRParams } from './svr.js';
