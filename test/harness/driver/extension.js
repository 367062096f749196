// The end inside VS Code of test/harness/driver.ts: executes what comes over the socket, one JSON text a line.
const { createConnection } = require('node:net');
const { createInterface } = require('node:readline');
const vscode = require('vscode');

const actions = {
  execute: ({ command, args }) => vscode.commands.executeCommand(command, ...args),
  configure: ({ key, value }) =>
    vscode.workspace.getConfiguration().update(key, value, vscode.ConfigurationTarget.Global),
};

exports.activate = (context) => {
  const socket = createConnection(process.env.GRADLENS_DRIVER_SOCKET);
  context.subscriptions.push({ dispose: () => socket.destroy() });
  socket.on('error', () => {}); // the test has ended
  createInterface({ input: socket }).on('line', async (line) => {
    const { id, action, ...parameters } = JSON.parse(line);
    const answer = { id };
    try {
      answer.result = await actions[action](parameters);
    } catch (error) {
      answer.error = String(error);
    }
    let text;
    try {
      text = JSON.stringify(answer);
    } catch {
      text = JSON.stringify({ id }); // a result that has no JSON, an editor say
    }
    socket.write(`${text}\n`);
  });
};
