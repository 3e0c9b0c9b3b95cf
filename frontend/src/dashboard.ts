/** The dashboard and the forms with which it and the cards are set up, in one chunk. */
export { formOf } from "./forms";
export { generate } from "./strategy";
import "./strategy-editor";
