export { agentAssetName, readAgentAssets } from "./agent-assets.ts";
export { type BootOptions, bootApp } from "./app.ts";
export { AssetRefused } from "./asset-source.ts";
export { Assets } from "./assets.ts";
export type { BootCore, BootSighting } from "./boot-core.ts";
export { ByteBudget } from "./byte-budget.ts";
export { FleetBootCore } from "./fleet-boot-core.ts";
