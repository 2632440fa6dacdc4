/** What happened during training: losses and metrics of each epoch. */

/** Values by name: 'loss', the metrics, and the same of the validation set ('valLoss' and so on). */
export type Logs = Readonly<Record<string, number>>;

/** Losses and metrics of each epoch, as Keras's History. */
export class History {
  /** Epochs, counted from 0. */
  readonly epoch: number[] = [];
  /** One value per epoch under each name: `loss`, `accuracy`, `valLoss`, `valAccuracy`, `learningRate` ... */
  readonly history: Record<string, number[]> = {};

  /** Adds an epoch. @internal */
  add(epoch: number, logs: Logs): void {
    this.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) {
      this.history[name] ??= [];
      this.history[name].push(value);
    }
  }
}
