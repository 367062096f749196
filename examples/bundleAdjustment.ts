/** The residual of bundle adjustment: where a camera with radial distortion sees a point, less where it was observed. */

export interface Camera {
  /** Rotation as an axis times an angle (Rodrigues). */
  rotation: [number, number, number];
  translation: [number, number, number];
  focal: number;
  k1: number;
  k2: number;
}

type Point = [number, number, number];

function cross(a: number[], b: number[]): Point {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function rotate(axis: number[], point: number[]): Point {
  const square = axis[0] ** 2 + axis[1] ** 2 + axis[2] ** 2;
  // Near zero the exact formula divides by zero; the first order does not.
  if (square < 1e-12) {
    const moved = cross(axis, point);
    return [point[0] + moved[0], point[1] + moved[1], point[2] + moved[2]];
  }
  const angle = Math.sqrt(square);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const unit = axis.map((value) => value / angle);
  const along = (unit[0] * point[0] + unit[1] * point[1] + unit[2] * point[2]) * (1 - c);
  const sideways = cross(unit, point);
  return [0, 1, 2].map((i) => point[i] * c + sideways[i] * s + unit[i] * along) as Point;
}

/**
 * @at { rotation: [0.1, -0.2, 0.05], translation: [0.3, -0.1, -5], focal: 500, k1: 1e-2, k2: -1e-3 }, [0.5, -0.4, 1], [35, -50]
 * @wrt camera, point
 */
export function reprojectionError(camera: Camera, point: Point, observed: [number, number]): [number, number] {
  const { rotation, translation, focal, k1, k2 } = camera;
  const rotated = rotate(rotation, point);
  const [x, y, z] = rotated.map((value, i) => value + translation[i]);
  const px = -x / z;
  const py = -y / z;
  const r2 = px * px + py * py;
  const distortion = 1 + r2 * (k1 + k2 * r2);
  return [focal * distortion * px - observed[0], focal * distortion * py - observed[1]];
}
