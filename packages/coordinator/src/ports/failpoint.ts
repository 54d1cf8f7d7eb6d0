/** A point in the program where a test may end it. Nothing at all in production. */
export type Failpoint = (name: string) => void;
