// @ts-check
// The script of searching, which pages load when it is needed, see lazy_search.js.

import {startRecipient} from "../recipient.js";
import {startSearchField} from "../search_field.js";

startRecipient();
startSearchField();
