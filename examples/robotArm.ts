/** Forward kinematics of an arm with seven joints, by Denavit–Hartenberg parameters. */

export interface Link {
  /** Offset along the joint's axis, in metres. */
  d: number;
  /** Length of the common normal. */
  a: number;
  /** Twist. */
  alpha: number;
}

const LINKS: Link[] = [
  { d: 0.34, a: 0, alpha: -Math.PI / 2 },
  { d: 0, a: 0, alpha: Math.PI / 2 },
  { d: 0.4, a: 0, alpha: Math.PI / 2 },
  { d: 0, a: 0, alpha: -Math.PI / 2 },
  { d: 0.4, a: 0, alpha: -Math.PI / 2 },
  { d: 0, a: 0, alpha: Math.PI / 2 },
  { d: 0.126, a: 0, alpha: 0 },
];

type Matrix4 = number[][];

function multiply(A: Matrix4, B: Matrix4): Matrix4 {
  return A.map((row) => B[0].map((_, j) => row.reduce((sum, value, k) => sum + value * B[k][j], 0)));
}

function transform(theta: number, { d, a, alpha }: Link): Matrix4 {
  const [c, s] = [Math.cos(theta), Math.sin(theta)];
  const [ca, sa] = [Math.cos(alpha), Math.sin(alpha)];
  return [
    [c, -s * ca, s * sa, a * c],
    [s, c * ca, -c * sa, a * s],
    [0, sa, ca, d],
    [0, 0, 0, 1],
  ];
}

const HOME = [0.1, 0.5, -0.3, -1.2, 0.4, 0.9, 0];

/**
 * Position of the hand. Its Jacobian, 3 × 7, is what moves the arm in a straight line.
 * @at HOME
 */
export function handPosition(joints: number[]): number[] {
  let pose: Matrix4 = [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ];
  for (let i = 0; i < LINKS.length; i++) pose = multiply(pose, transform(joints[i], LINKS[i]));
  return [pose[0][3], pose[1][3], pose[2][3]];
}

/**
 * How far the hand is from a target: what inverse kinematics makes small.
 * @at HOME, { x: 0.5, y: 0.2, z: 0.6 }
 * @wrt joints
 */
export function distanceTo(joints: number[], target: { x: number; y: number; z: number }): number {
  const [x, y, z] = handPosition(joints);
  return Math.hypot(x - target.x, y - target.y, z - target.z);
}
