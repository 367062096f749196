/** A damped pendulum, integrated by Runge and Kutta's method: how does where it ends depend on how it starts? */

export interface Pendulum {
  length: number;
  damping: number;
}

type State = [angle: number, velocity: number];

function derivative([angle, velocity]: State, { length, damping }: Pendulum): State {
  return [velocity, (-9.81 / length) * Math.sin(angle) - damping * velocity];
}

function step(state: State, h: number, pendulum: Pendulum): State {
  const along = (s: State, k: State, t: number): State => [s[0] + t * k[0], s[1] + t * k[1]];
  const k1 = derivative(state, pendulum);
  const k2 = derivative(along(state, k1, h / 2), pendulum);
  const k3 = derivative(along(state, k2, h / 2), pendulum);
  const k4 = derivative(along(state, k3, h), pendulum);
  return [
    state[0] + (h / 6) * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0]),
    state[1] + (h / 6) * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1]),
  ];
}

/**
 * Angle and velocity after two seconds; the Jacobian is the sensitivity to the start and to the pendulum.
 * @at [0.8, 0], { length: 1, damping: 0.1 }
 * @wrt initial, pendulum
 */
export function finalState(initial: [number, number], pendulum: Pendulum, steps = 200): [number, number] {
  let state: State = initial;
  for (let i = 0; i < steps; i++) state = step(state, 2 / steps, pendulum);
  return state;
}
