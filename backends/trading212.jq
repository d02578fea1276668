# Trading 212 API v0. 0 stands for none in prices; what is sold may be negative. Prices are in the
# instrument's currency (GBX is pence), what they come to in the account's.
def some: if . == 0 or . == "" then null else . end;
def side: if .side != null then .side elif .quantity < 0 then "SELL" else "BUY" end;
def amount: if . == null then null elif . < 0 then -. else . end;
def order_class:
  {PARTIALLY_FILLED: "part", FILLED: "done", CANCELLED: "dead", REPLACED: "dead",
   REJECTED: "rejected"}[.] // "open";
def stock: {symbol: .ticker, instrumentId: .ticker, name};
def order:
  {id, symbol: .ticker, orderSide: side, orderType: .type, productType: .timeInForce,
   quantity: (.quantity | amount), filledQuantity: (.filledQuantity | amount),
   notional: (if .strategy == "VALUE" then .value | some else null end),
   price: ((.limitPrice | some) // (.stopPrice | some)), status, class: (.status | order_class),
   currency: .instrument.currency, createdAt, stock: (.instrument | stock), raw: .};
def orders: sort_by(.createdAt) | reverse | map(order);
def positions:
  map({id: .instrument.ticker, symbol: .instrument.ticker, quantity,
       averagePrice: .averagePricePaid, currentPrice, currency: .instrument.currency,
       valueCurrency: .walletImpact.currency, investedValue: .walletImpact.totalCost,
       currentValue: .walletImpact.currentValue, unrealizedPnL: .walletImpact.unrealizedProfitLoss,
       createdAt, stock: (.instrument | stock), raw: .});
def account:
  {id, clientId: .id, currency, balance: .totalValue, netLiq: .totalValue, availableMargin: .cash.availableToTrade,
   raw: .};
def refusal: if type == "object" then .message // .errorMessage // .code else . end;
