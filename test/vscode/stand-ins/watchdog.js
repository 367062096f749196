/** Stands in for the native `native-watchdog`: the extension host ends when the process that started it has gone. */
let timer;

exports.start = (pid) => {
  timer ??= setInterval(() => {
    try {
      process.kill(pid, 0);
    } catch {
      process.exit(87);
    }
  }, 1000);
  timer.unref();
};
exports.exit = (code) => process.exit(code || 0);
