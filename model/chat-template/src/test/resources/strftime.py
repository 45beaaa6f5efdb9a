"""What Python's datetime.strftime writes with glibc: python3 strftime.py, which writes strftime.tsv here."""

import datetime,os,time,random
os.environ['TZ']='Europe/Oslo'; time.tzset()
random.seed(1)
F="aAbBhcCdDeFGgVHIjklmMpPrRsSTuUwWxXyY%nt"
specs=['%'+c for c in F]+['%z','%Z','%f','%Ey','%Od','%E','%Q','%5','%','%-Q','%+','%5Q','%-f','%EY','%Oe','%OZZ','%-z','%5z','%^Z','%5Z','%Of','%10F','%14F','%-14F','%014T','%^c','%#c','%30c','%#p','%^p','%#P','%^P','%#a','%^#B','%5n','%3%','%-5d','%_5d','%05d','%_-d','%-_d','%12A','%012A','%-12A']
specs+=['%'+random.choice(['','_','-','0','^','#','_^','0#'])+random.choice(['','','1','2','5','12'])+random.choice(F) for _ in range(150)]
times=[(2024,1,1,0,0,0,0),(2024,12,31,12,0,5,123456),(2023,1,1,13,59,59,7),(2021,1,3,23,5,9,999999),(2026,11,27,9,30,0,500000),(2000,2,29,11,11,11,0)]
with open('strftime.tsv','w') as out:
    for t in times:
        d=datetime.datetime(*t)
        for s in dict.fromkeys(specs):
            out.write("%s\t%s\t%s\n"%(d.isoformat(timespec='microseconds'),s,d.strftime(s).replace('\n','\\n').replace('\t','\\t')))
