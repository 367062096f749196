/**
 * What esbuild.mjs makes of imports that are not TypeScript modules: `import source from './render.worker?inline'` is the
 * bundled worker as a string (webviews may start workers from blobs only); style sheets end up in the bundle's CSS file.
 */
declare module '*?inline' {
  const source: string;
  export default source;
}
declare module '*.css';
