/** Through an npm library: where a point lands on the screen, by gl-matrix. */
import { glMatrix, mat4, vec3, vec4 } from 'gl-matrix';

// Its own choice is Float32Array, which keeps seven digits.
glMatrix.setMatrixArrayType(Array);

/**
 * Screen coordinates of a point seen by a camera that orbits the origin.
 * @at { azimuth: 0.6, elevation: 0.4, distance: 5 }, [0.5, 0.2, -0.3]
 */
export function project(
  camera: { azimuth: number; elevation: number; distance: number },
  point: [number, number, number],
): [number, number] {
  const { azimuth, elevation, distance } = camera;
  const eye = vec3.fromValues(
    distance * Math.cos(elevation) * Math.sin(azimuth),
    distance * Math.sin(elevation),
    distance * Math.cos(elevation) * Math.cos(azimuth),
  );
  const view = mat4.lookAt(mat4.create(), eye, [0, 0, 0], [0, 1, 0]);
  const projection = mat4.perspective(mat4.create(), Math.PI / 3, 16 / 9, 0.1, 100);
  const clip = vec4.transformMat4(vec4.create(), [...point, 1], mat4.multiply(mat4.create(), projection, view));
  return [clip[0] / clip[3], clip[1] / clip[3]];
}
