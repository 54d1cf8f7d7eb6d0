/** What the rules judge by: always the true code, also where a fault is planted into what runs. */
export { apply, EMPTY_FLEET, fleetFromJson, fleetToJson, stateDigest } from "@rollcall/coordinator/simulator";
