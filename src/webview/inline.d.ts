/** `import source from './x.worker?inline'`: the bundled worker as text (esbuild.mjs). */
declare module '*?inline' {
  const source: string;
  export default source;
}
