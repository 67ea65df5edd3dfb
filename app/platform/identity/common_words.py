"""Words people make passwords of, in English and in pinyin, and what products and keyboards suggest. Our own list."""

_WORDS = """
pass password passwort passwd passphrase parola passord wachtwoord secret secure security login logon signin admin
administrator root user username guest test testing tester demo default changeme change letmein welcome hello hallo
access master system server oracle mysql postgres postgresql sqlserver database backup support service internet
computer network office manager windows microsoft google apple samsung huawei xiaomi lenovo cisco router linux ubuntu
debian redhat docker kubernetes github gitlab hanse erp sap odoo finance account accounting accountant invoice sales
order buyer warehouse stock company firma factory business trading global group china beijing shanghai shenzhen
guangzhou hangzhou suzhou nanjing chengdu wuhan tianjin germany berlin hamburg munich london paris europe america
love loveyou iloveyou iloveu lovely lover baby babygirl babyboy angel honey sweet sweetie princess prince queen king
knight dragon monkey tiger lion eagle shark panda kitty kitten puppy doggy cat dog horse bear wolf fox mouse bird fish
butterfly snake spider unicorn pokemon pikachu naruto batman superman spiderman ironman starwars matrix hunter killer
ranger shadow phantom ghost ninja samurai warrior soldier general captain doctor nurse teacher student school college
university summer winter spring autumn january february march april june july august september october november
december monday tuesday wednesday thursday friday saturday sunday morning evening night sunshine moonlight sunrise
rainbow flower rose lily daisy garden forest river ocean mountain island harbour harbor bridge castle house home family
mother father brother sister friend friends forever together freedom liberty justice peace happy lucky smile money
dollar gold golden silver diamond crystal purple orange yellow black white green blue red pink banana apple cherry
lemon peach mango coffee cookie chocolate cheese pepper ginger sugar candy pizza burger whisky vodka beer wine football
soccer baseball basketball hockey tennis golf chelsea arsenal liverpool manchester barcelona madrid juventus milan
bayern dortmund yankees lakers cowboys eagles steelers jordan ronaldo messi beckham michael michelle jennifer jessica
ashley amanda daniel david charles charlie thomas robert robin william richard george joseph joshua justin jonathan
matthew andrew anthony alexander alexandra alex andrea maria martin marina peter patrick nicole nicola natalie rebecca
samantha sophie victoria vanessa harley ferrari porsche mercedes mustang corvette yamaha honda toyota trustno
trustnoone whatever nothing something anything monster zombie vampire heaven hell jesus christ christian church bible
blessed faith hope grace spirit magic wizard mystery genius player gamer gaming minecraft fortnite roblox counter
strike starcraft warcraft diablo blink metallica nirvana slipknot eminem guitar music rocknroll hiphop
nimda toor mima wode wodemima woaini woaiwojia aini aiwo nihao zhongguo meiguo beijing baobei laopo laogong xiaobao
xingfu kuaile pingan facai gongxi jiankang tiantian mingtian shengri zhangwei wangwei wangfang liwei lina zhangmin
lijing wangjing liuwei wangxiuying zhangli zhao qian sun li zhou wu zheng wang feng chen chu wei jiang shen han yang
zhu qin xu zhang liu huang lin guo luo liang song tang deng xiao cao peng zeng caiwu kuaiji caigou cangku gongsi
woshishui woshini yidong liantong dianxin alibaba taobao tencent weixin wechat baidu jingdong admin888 abc abcd abcde
qwe qwer qwert qwerty qwertz azerty asd asdf asdfg zxc zxcv zxcvb iop poi lkj mnb qaz wsx edc rfv tgb yhn ujm
woaini1314 iloveyou1314 1314 520 521 5201314 1314520 147258 258369 147258369 159357 159753 789456 789456123 112233
121212 123123 123321 131313 232323 654321 666666 696969 777777 888888 987654321 1q2w3e 1q2w3e4r 1q2w3e4r5t 1qaz 2wsx
3edc 4rfv q1w2e3 q1w2e3r4 a1b2c3 a1b2c3d4 pa55 pa55word p4ssw0rd p4ss letmein1 qazwsx qazwsxedc
"""
COMMON_WORDS = frozenset(word for word in _WORDS.split() if len(word) > 2)  # shorter ones say nothing
