# Tradier v1. A list of none is the word "null", of one an object, of several an array.
def list: if . == null or . == "null" then [] elif type == "array" then . else [.] end;
def rows($name): if type == "object" then .[$name] | list else [] end;
def some: if . == 0 or . == "" then null else . end;
def upper: if . == null then null else ascii_upcase end;
def side: if . == null then null elif startswith("buy") then "BUY" else "SELL" end;
def order_class:
  {partially_filled: "part", filled: "done", expired: "dead", canceled: "dead",
   rejected: "rejected", error: "rejected"}[.] // "open";
# An option's symbol says so itself: root, day, C or P, strike. A root that ends in a digit is a
# contract after a split, or a small one: for how much it stands nobody says here, so that its prices
# are not asked for.
def segment:
  if test("^[A-Z.]+[0-9]{6}[CP][0-9]{8}$") then "option"
  elif test("[0-9]{6}[CP][0-9]{8}$") then "adjusted option"
  else "equity" end;
def multiplier: if . != null and segment == "option" then 100 else null end;
def stock: {symbol: ., instrumentId: ., segment: segment};
# What is bought as one has no price of its own, least of all that of the share it is named after.
def stock_of($order):
  if $order.leg == null then stock
  else {symbol: ., instrumentId: "\(.) \($order.class)", segment: $order.class} end;
def order($parent):
  (.option_symbol // .symbol) as $symbol |
  {id, parentId: $parent, symbol: $symbol, orderSide: (.side | side), orderType: (.type | upper),
   productType: (.duration | upper), quantity, filledQuantity: .exec_quantity,
   price: ((.price | some) // (.stop_price | some)), averagePrice: (.avg_fill_price | some),
   status, class: (.status | order_class), failureReason: .reason_description, currency: "USD",
   multiplier: (if .class == "multileg" then 100 else $symbol | multiplier end),
   createdAt: .create_date, updatedAt: .transaction_date,
   executedAt: (if .status == "filled" then .transaction_date else null end),
   stock: (. as $order | $symbol | stock_of($order)), raw: .};
def orders:
  .orders | rows("order") | reverse |
  map(. as $order | order(null), (rows("leg")[] | order($order.id)));
def positions:
  .positions | rows("position") |
  map({id, symbol, quantity, investedValue: .cost_basis, currency: "USD",
       multiplier: (.symbol | multiplier), createdAt: .date_acquired, stock: (.symbol | stock), raw: .});
def account:
  .balances | {id: .account_number, clientId: .account_number, currency: "USD",
               balance: .total_equity, netLiq: .total_equity,
               availableMargin: (.margin.stock_buying_power // .cash.cash_available),
               usedMargin: .current_requirement, raw: .};
def account_id: .profile.account | list | .[].account_number;
def watchlist_id: .watchlists | rows("watchlist") | .[].id;
def watchlist:
  .watchlist | [{id, name, items: [.id as $list | .items | rows("item")[] |
    {id: "\($list)/\(.id)", stock: (.symbol | stock), raw: .}]}];
def quotes:
  {updates: (.quotes | rows("quote") |
     map({symbol, ltp: .last, change, changePercent: .change_percentage, volume, open, high, low,
          close: .prevclose, bid, ask, name: .description, updatedAtMs: .trade_date}))};
def refusal: if type == "object" then .fault.faultstring // .message // .error else . end;
