/** The icon font's style sheet as a file of its own: VS Code's elements load it into their shadow trees by its address. */
import '@vscode/codicons/dist/codicon.css';
