export { agentAssetName, readAgentAssets } from "./agent-assets.ts";
export { bootApp } from "./app.ts";
export { AssetWorks } from "./asset-works.ts";
export { Assets } from "./assets.ts";
export { ByteBudget } from "./byte-budget.ts";
export { readEnrollToken } from "./enroll-token.ts";
export { FleetBootCore } from "./fleet-boot-core.ts";
