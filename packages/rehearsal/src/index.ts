export { interfacesOf, type RehearsedMachine } from "./machine/machine.ts";
export { fillRoot, writeSecret } from "./machine/root-folder.ts";
