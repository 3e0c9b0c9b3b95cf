/** The cards that show what is pushed, in one chunk: they share most of their code. */
export { HistoryCard } from "./history";
export { OrdersCard } from "./orders";
export { QueueCard } from "./queue";
