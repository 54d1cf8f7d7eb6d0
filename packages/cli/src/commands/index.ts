import type { AddCommand } from "../session.ts";
import { addMachines } from "./machines.ts";
import { addShow } from "./show.ts";
import { addWatch } from "./watch.ts";
import { addWhy } from "./why.ts";

/** All commands, in the order of the help. */
export const COMMANDS: readonly AddCommand[] = [addMachines, addShow, addWhy, addWatch];
